"""From the kernel's USB devices to frozen snapshots: descriptors, sysfs, udev."""
