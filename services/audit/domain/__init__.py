"""What the log decides: the line an event becomes, and the hashes and signatures that hold the lines in place."""
