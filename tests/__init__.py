"""The promises, mirroring the package."""
