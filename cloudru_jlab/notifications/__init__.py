"""Messages of the platform, of programs and of the server itself, with history."""
