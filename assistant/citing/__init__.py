"""Citations in the styles of journals and publishers, and what is made with them: documents and bibliographies."""
