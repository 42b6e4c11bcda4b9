package e2e

// A case is policies in namespace x (their spec), and what the matrix is then.
type policyCase struct {
	name     string
	policies []string
	allowed  func(flow) bool
}

func inX(flow flow) bool { return flow.to.space == "x" }

var cases = []policyCase{
	{"without a policy all is open", nil, func(flow) bool { return true }},
	{"deny all ingress", []string{`{podSelector: {}, policyTypes: [Ingress]}`},
		func(f flow) bool { return !inX(f) }},
	{"deny all egress", []string{`{podSelector: {}, policyTypes: [Egress]}`},
		func(f flow) bool { return f.from.space != "x" }},
	{"deny both", []string{`{podSelector: {}, policyTypes: [Ingress, Egress]}`},
		func(f flow) bool { return !inX(f) && f.from.space != "x" }},
	{"types are taken from the rules where not listed", []string{`{podSelector: {}, egress: [{}]}`},
		func(f flow) bool { return !inX(f) }},
	{"allow all ingress beside deny", []string{`{podSelector: {}, policyTypes: [Ingress]}`, `{podSelector: {}, ingress: [{}]}`},
		func(flow) bool { return true }},
	{"a policy guards only the pods that it selects", []string{`{podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress]}`},
		func(f flow) bool { return !inX(f) || f.to.name != "a" }},
	{"selection by expressions", []string{`{podSelector: {matchExpressions: [{key: pod, operator: In, values: [a, b]}]}, policyTypes: [Ingress]}`},
		func(f flow) bool { return !inX(f) || f.to.name == "c" }},

	{"from pods of the same namespace", []string{`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]}`},
		func(f flow) bool { return !inX(f) || (f.from.space == "x" && f.from.name == "b") }},
	{"from a namespace", []string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: "y"}}}]}]}`},
		func(f flow) bool { return !inX(f) || f.from.space == "y" }},
	{"from pods of a namespace: both must hold", []string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: "y"}}, podSelector: {matchLabels: {pod: a}}}]}]}`},
		func(f flow) bool { return !inX(f) || (f.from.space == "y" && f.from.name == "a") }},
	{"from pods or a namespace: either holds", []string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: "y"}}}, {podSelector: {matchLabels: {pod: a}}}]}]}`},
		func(f flow) bool { return !inX(f) || f.from.space == "y" || f.from.name == "a" }},
	{"from pods that nobody is", []string{`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {pod: nobody}}}]}]}`},
		func(f flow) bool { return !inX(f) }},
	{"from a block of addresses", []string{`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "{y/a}/32"}}]}]}`},
		func(f flow) bool { return !inX(f) || (f.from.space == "y" && f.from.name == "a") }},
	{"from a block with exceptions", []string{`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.18.16.0/20, except: ["{y/a}/32", "{y/b}/32"]}}]}]}`},
		func(f flow) bool { return !inX(f) || f.from.space == "x" || f.from.name == "c" }},
	{"from a block of the other family", []string{`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "2001:db8::/32"}}]}]}`},
		func(f flow) bool { return !inX(f) }},
	{"an exception of one policy is no exception of another", []string{
		`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 198.18.16.0/20, except: ["{y/a}/32"]}}]}]}`,
		`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "{y/a}/32"}}]}]}`},
		func(flow) bool { return true }},

	{"on a port", []string{`{podSelector: {}, ingress: [{ports: [{port: 81}]}]}`},
		func(f flow) bool { return !inX(f) || f.door == "tcp:81" }},
	{"on a port of the other protocol", []string{`{podSelector: {}, ingress: [{ports: [{port: 80, protocol: UDP}]}]}`},
		func(f flow) bool { return !inX(f) || f.door == "udp:80" }},
	{"on every port of a protocol", []string{`{podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}`},
		func(f flow) bool { return !inX(f) || f.door == "udp:80" }},
	{"on a range of ports", []string{`{podSelector: {}, ingress: [{ports: [{port: 81, endPort: 82}]}]}`},
		func(f flow) bool { return !inX(f) || f.door == "tcp:81" || f.door == "tcp:82" }},
	{"on a port by name", []string{`{podSelector: {}, ingress: [{ports: [{port: serve-81}]}]}`},
		func(f flow) bool { return !inX(f) || named(f) }},
	{"on a name that nobody gives", []string{`{podSelector: {}, ingress: [{ports: [{port: nobody}]}]}`},
		func(f flow) bool { return !inX(f) }},
	{"from a namespace on a port", []string{`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {ns: "y"}}}], ports: [{port: 81}]}]}`},
		func(f flow) bool { return !inX(f) || (f.from.space == "y" && f.door == "tcp:81") }},
	{"two rules of one policy add up", []string{`{podSelector: {}, ingress: [{ports: [{port: 81}]}, {from: [{podSelector: {matchLabels: {pod: a}}}]}]}`},
		func(f flow) bool {
			return !inX(f) || f.door == "tcp:81" || (f.from.space == "x" && f.from.name == "a")
		}},
	{"two policies add up", []string{`{podSelector: {}, ingress: [{ports: [{port: 81}]}]}`, `{podSelector: {}, ingress: [{ports: [{port: 80}]}]}`},
		func(f flow) bool { return !inX(f) || f.door == "tcp:80" || f.door == "tcp:81" }},

	{"to pods of the same namespace", []string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {pod: b}}}]}]}`},
		func(f flow) bool { return f.from.space != "x" || (inX(f) && f.to.name == "b") }},
	{"to a namespace", []string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: "y"}}}]}]}`},
		func(f flow) bool { return f.from.space != "x" || !inX(f) }},
	{"to a block with exceptions", []string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 198.18.16.0/20, except: ["{y/a}/32"]}}]}]}`},
		func(f flow) bool { return f.from.space != "x" || f.to.space != "y" || f.to.name != "a" }},
	{"to a port", []string{`{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80, protocol: UDP}, {port: 82}]}]}`},
		func(f flow) bool { return f.from.space != "x" || f.door == "udp:80" || f.door == "tcp:82" }},
	{"to a port by name", []string{`{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: serve-81}]}]}`},
		func(f flow) bool { return f.from.space != "x" || named(f) }},
	{"to pods by a port's name", []string{`{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: "y"}}}], ports: [{port: serve-81}]}]}`},
		func(f flow) bool { return f.from.space != "x" || (!inX(f) && named(f)) }},
	{"both ends must allow", []string{
		`{podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{ports: [{port: 80}, {port: 81}]}]}`,
		`{podSelector: {matchLabels: {pod: b}}, ingress: [{ports: [{port: 81}, {port: 82}]}]}`},
		func(f flow) bool {
			sends := f.from.space != "x" || f.from.name != "a" || f.door == "tcp:80" || f.door == "tcp:81"
			takes := !inX(f) || f.to.name != "b" || f.door == "tcp:81" || f.door == "tcp:82"
			return sends && takes
		}},
}

// named says whether the flow goes to the port that its destination calls serve-81.
func named(f flow) bool {
	if f.to.name == "b" {
		return f.door == "tcp:82"
	}
	return f.door == "tcp:81"
}
