"""Put an IP configuration on this machine, and take it back: pppd, DHCP, routes, DNS."""
