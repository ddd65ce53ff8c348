# SPDX-License-Identifier: GPL-2.0-or-later
#
# A manifest for Puppet: the packages, a policy, and the timer of the metrics. A policy that mhpctl finds a problem
# in is not written, and a policy that the machine has already is not applied.

package { ['mhpctl', 'mhpctl-policy', 'prometheus-node-exporter']:
  ensure => installed,
}

file { '/etc/mhpctl/policy.d/10-memory.conf':
  ensure       => file,
  owner        => 'root',
  group        => 'root',
  mode         => '0644',
  content      => "[memory fast]\nmatch.region = region0\nzone = movable\n",
  validate_cmd => 'mhpctl policy check %',
  require      => Package['mhpctl-policy'],
}

# mhpctl plan ends with 10 if a run would change something, and with 0 if it would not.
exec { 'mhpctl apply':
  command => 'mhpctl apply',
  path    => ['/usr/local/bin', '/usr/bin', '/bin'],
  unless  => 'mhpctl plan --exit-code',
  timeout => 1800,
  require => File['/etc/mhpctl/policy.d/10-memory.conf'],
}

service { 'mhpctl-metrics.timer':
  ensure  => running,
  enable  => true,
  require => Package['mhpctl-policy'],
}
