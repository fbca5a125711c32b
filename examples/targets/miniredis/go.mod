module example.com/miniredisd

// The requirements of each release are in releases/.
