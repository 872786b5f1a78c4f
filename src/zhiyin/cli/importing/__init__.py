"""What ``zhiyin import`` knows: one module per kind, each from rows of a file to what became of them."""
