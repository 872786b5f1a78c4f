"""Ways out, one module each, behind one small protocol. Only here do messages, texts and addresses leave the house."""
