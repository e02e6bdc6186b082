"""At home in the shell: values to complete with, and putting the scripts in their place."""
