module example.com/socksd

// The requirements of each release are in releases/.
