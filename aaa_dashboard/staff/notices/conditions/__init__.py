"""What is so now. Each function reads the database and a moment, changes nothing, and yields what it finds."""
