"""What the contents manager does in roots other than the contents root: every verb, through the root's backend."""
