# The defect: the web component runs once.
/^    - name: web$/,/^    - name: registry$/s/replicas: 2/replicas: 1/
