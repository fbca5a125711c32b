#!/bin/sh
# update-pods.sh DIR NAME IMAGE updates all pods of kvd in place, one after the other.
# DIR holds kvd and kvd.update of the release called NAME, and IMAGE is an image of it.
#
# First the image of the StatefulSet is changed, which touches no pod (OnDelete): a pod
# that is made anew from now on begins in the new release. Then each pod gets both files,
# its process is updated, and only when that has committed a start of the container leads
# to the new executable. The first pod that does not take the update ends it, with the exit
# code of upstarego update; the pods before it run the new release, the others the old one,
# and all of them serve.
set -eu
dir=$1 name=$2 image=$3
releases=${RELEASES:-/releases}
selector=${SELECTOR:-app=kvd}

kubectl set image statefulset/kvd "kvd=$image"
for pod in $(kubectl get pods -l "$selector" -o name); do
	echo "$pod"
	if [ "$(kubectl get "$pod" -o 'jsonpath={.spec.containers[0].image}')" = "$image" ]; then
		continue # it was made anew, in the new release
	fi
	kubectl exec "$pod" -c kvd -- mkdir -p "$releases/$name"
	for file in kvd kvd.update; do
		kubectl exec -i "$pod" -c kvd -- sh -c "cat >$releases/$name/$file" <"$dir/$file"
	done
	kubectl exec "$pod" -c kvd -- chmod 0755 "$releases/$name/kvd"
	if kubectl exec "$pod" -c kvd -- upstarego update -watch -timeout 10s "$releases/$name/kvd.update"; then
		kubectl exec "$pod" -c kvd -- ln -sfn "$releases/$name" "$releases/current"
	else
		exit $?
	fi
done
