"""The commands, one module for each noun; `add` of each tells the parser of its commands."""
