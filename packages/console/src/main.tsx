import '@fontsource-variable/geist/wght.css'
import '@fontsource-variable/geist-mono/wght.css'
import './theme/global.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { whenSessionEnds } from './api/client.ts'
import { createQueryClient } from './api/query-client.ts'
import { createConsoleRouter } from './router.ts'
import { setHasEnded } from './session/ended.ts'
import { currentSession } from './session/session.ts'
import { theme } from './theme/theme.ts'
import { mendLanguage } from './ui/formats.ts'
import { Notices } from './ui/notify.tsx'
import { hasUnsaved } from './ui/unsaved.ts'

mendLanguage(navigator)

// Style sheets that are made in the browser carry the nonce of the page's Content-Security-Policy.
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
Object.assign(globalThis, { __webpack_nonce__: nonce })

const queryClient = createQueryClient()
const router = createConsoleRouter(queryClient)

whenSessionEnds(({ isRead }) => {
  const { pathname, href } = router.latestLocation
  if (['/sign-in', '/join', '/reset'].includes(pathname)) return
  // What somebody has typed waits where it is.
  if (!isRead || hasUnsaved()) return setHasEnded(true)
  queryClient.removeQueries({ queryKey: currentSession.queryKey })
  void router.navigate({ to: '/sign-in', search: { returnTo: href } })
})

createRoot(document.getElementById('root') ?? document.body).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Notices />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
