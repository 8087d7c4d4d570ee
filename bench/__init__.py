"""Side-by-side measurements: wwand against usb_modeswitch, ModemManager and NetworkManager."""
