"""Every provider behind the paths that existing clients speak."""
