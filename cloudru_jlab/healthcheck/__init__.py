"""What fails is noticed, explained and survived."""
