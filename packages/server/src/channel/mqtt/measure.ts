import { Gauge, type Registry } from '@prometheus-io/client'

/** Looks when it is asked. */
export function measureConnections(registry: Registry, connections: () => number): void {
  new Gauge({
    name: 'mason_mqtt_connections',
    help: 'Devices that are connected to this node by MQTT',
    registers: [registry],
    collect() {
      this.set(connections())
    },
  })
}
