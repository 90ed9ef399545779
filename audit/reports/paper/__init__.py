"""What certificate and label are drawn with: letters, shapes, codes, pages."""
