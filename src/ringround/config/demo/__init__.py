"""Demo data: a real week of two merchants and an agency, made by driving the product's own actions on a clock that is
moved through the week; never by inserting rows. Not for tests: those make what they need."""
