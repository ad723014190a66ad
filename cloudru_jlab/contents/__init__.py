"""A contents manager that stays quick and safe however large a directory is."""
