"""From CD-ROM to modem: rules, where they come from, and the ladder that tries them."""
