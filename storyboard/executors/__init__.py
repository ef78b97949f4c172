"""Where a plan is carried out; named by string, imported when used."""
