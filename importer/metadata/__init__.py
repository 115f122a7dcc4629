"""What an account says of itself, and the file that remembers it. Planning may use this room: it cannot send."""
