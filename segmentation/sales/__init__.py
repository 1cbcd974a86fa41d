"""Where fct_sales lives: sources, the columns that are recognized, and the balance of lines."""
