"""Bulk actions: delete, copy or move thousands of entries, in the background, with progress and cancel."""
