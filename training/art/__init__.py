"""Comic art drawn by a program: every picture is a pure function of a spec and a size."""
