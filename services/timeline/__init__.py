"""The timeline of a teacher (时间线): what happened, newest first, and which parts of each lesson were credited."""
