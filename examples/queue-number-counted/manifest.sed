/^  ingress:$/i\
  # The count of each window is kept here.\
  bindings:\
    - name: places\
      kind: database\
      components: [queue]\

