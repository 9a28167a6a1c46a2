"""What the readers of pages (PDF, pictures) share: characters, reading order, running heads, paragraphs, boxes."""
