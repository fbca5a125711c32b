module example.com/nsqd

// The requirements of each release are in releases/.
