"""What the readers of office files share: packages, styles, cells, drawings, formulas."""
