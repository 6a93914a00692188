// This room is laid out, not yet furnished.
