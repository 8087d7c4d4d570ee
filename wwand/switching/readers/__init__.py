"""Rules in the forms others write them in, read where they are installed."""
