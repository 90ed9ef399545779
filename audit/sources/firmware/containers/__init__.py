"""What a firmware comes in: archives, updates, sparse and super images, down to the images of partitions."""
