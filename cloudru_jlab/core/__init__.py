"""What every feature builds on. Knows no feature."""
