/** How the service is started. */
export interface ServiceOptions {
  /** The program of Node. */
  node: string
  /** This program. */
  script: string
  /** The credential file. */
  state: string
  /** Further arguments of `mason-agent run`, such as hooks. */
  runArguments: readonly string[]
}

/** The unit that keeps the agent running. Source: systemd.service(5). */
export const serviceUnit = ({ node, script, state, runArguments }: ServiceOptions): string => `[Unit]
Description=Mason agent
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=${[node, script, 'run', '--state', state, ...runArguments].map(quoted).join(' ')}
Restart=always
RestartSec=10
# The credential is no longer valid: trying it again and again would not help.
RestartPreventExitStatus=3

[Install]
WantedBy=multi-user.target
`

/** The unit that looks for another agent on the platform. */
export const updateUnit = ({ node, script, state }: ServiceOptions): string => `[Unit]
Description=Update of the Mason agent

[Service]
Type=oneshot
ExecStart=${[node, script, 'update', '--state', state].map(quoted).join(' ')}
`

/** Looks once a day, each host at a time of its own. */
export const updateTimer = `[Unit]
Description=Daily update of the Mason agent

[Timer]
OnCalendar=daily
RandomizedDelaySec=24h
Persistent=true

[Install]
WantedBy=timers.target
`

/** A word of a command line as systemd reads it: nothing in it is expanded. */
function quoted(word: string): string {
  if (/[\0\n]/.test(word)) throw new Error('an argument of the service holds a line break')
  return `"${word.replace(/["\\]/g, '\\$&').replaceAll('$', '$$$$').replaceAll('%', '%%')}"`
}
