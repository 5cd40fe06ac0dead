"""Training fees (培训费): bills, what arrived, and who confirmed it."""
