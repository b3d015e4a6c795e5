import { Page } from '../ui/page.tsx'
export function DevicePage() { return <Page title="DevicePage"><p>soon</p></Page> }
