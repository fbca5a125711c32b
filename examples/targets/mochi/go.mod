module example.com/mochid

// The requirements of each release are in releases/.
