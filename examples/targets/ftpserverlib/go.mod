module example.com/ftpd

// The requirements of each release are in releases/.
