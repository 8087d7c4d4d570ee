"""Many cycles of what goes wrong in the field: nothing may pile up, here or in the modem."""
