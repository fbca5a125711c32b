module example.com/redcond

// The requirements of each release are in releases/.
