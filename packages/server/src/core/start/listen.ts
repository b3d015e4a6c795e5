import type { Config } from '../../config.ts'
import { StartError } from './start-error.ts'

/** Why a port cannot be listened at, with the settings that say where; any other error as it is. */
export function explainListen(error: unknown, { HOST }: Pick<Config, 'HOST'>, portName: 'PORT' | 'MQTT_PORT'): unknown {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number }
  const remedies: Record<string, string> = {
    EADDRINUSE: `another program listens at port ${port}; ${portName} sets another port`,
    EACCES: `${portName}=${port} needs the right to listen below port 1024 (CAP_NET_BIND_SERVICE); set another port, or put a proxy in front`,
    EADDRNOTAVAIL: `HOST=${HOST} is not an address of this machine; 127.0.0.1 is always one, 0.0.0.0 stands for all`,
    EAFNOSUPPORT: `HOST=${HOST} is an address of a kind that this machine does not have`,
    EINVAL: `HOST=${HOST} cannot be listened at`,
    ENOTFOUND: `HOST=${HOST} is a name that cannot be resolved; set an address of this machine`,
    EAI_AGAIN: `HOST=${HOST} is a name that cannot be resolved; set an address of this machine`,
  }
  const remedy = remedies[code ?? '']
  return remedy === undefined ? error : new StartError(remedy, { cause: error })
}
