# Lets users in with $UPSTARE_PROGRAM, and fails if one gets what is not his.
cd ../drive && exec go run .
