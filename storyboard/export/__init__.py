"""Pages as the files that people read: PNG, PDF, CBZ."""
