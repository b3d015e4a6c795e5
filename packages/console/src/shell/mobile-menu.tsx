import { Drawer } from '@mantine/core'
import classes from './shell.module.css'
import { Sidebar } from './sidebar.tsx'

/** The side bar, where there is no room for it beside the page. */
export default function MobileMenu({ onFind, onClose }: { onFind: () => void; onClose: () => void }) {
  return (
    <Drawer.Root opened onClose={onClose} size={272}>
      <Drawer.Overlay />
      <Drawer.Content aria-label="Menu">
        <Drawer.Body>
          <div className={`${classes.sidebar} ${classes.inDrawer}`}>
            <Sidebar onFind={onFind} />
          </div>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  )
}
