import { ActionIcon, Tooltip } from '@mantine/core'
import { Globe, LocateFixed, Minus, Plus } from 'lucide-react'
import classes from './location.module.css'

interface MapControlsProps {
  /** Zooms by a factor: 2 is twice as near. */
  onZoom: (factor: number) => void
  onHome: () => void
  onWorld: () => void
}

/** What moves a map by mouse, finger or keyboard. */
export function MapControls({ onZoom, onHome, onWorld }: MapControlsProps) {
  return (
    <div className={classes.controls}>
      <Control label="Zoom in" icon={<Plus size={16} />} onClick={() => onZoom(2)} />
      <Control label="Zoom out" icon={<Minus size={16} />} onClick={() => onZoom(0.5)} />
      <Control label="Center on track" icon={<LocateFixed size={16} />} onClick={onHome} />
      <Control label="Whole world" icon={<Globe size={16} />} onClick={onWorld} />
    </div>
  )
}

function Control({ label, icon, onClick }: { label: string; icon: React.ReactNode; onClick: () => void }) {
  return (
    <Tooltip label={label} position="left">
      <ActionIcon variant="default" size="lg" onClick={onClick} aria-label={label}>
        {icon}
      </ActionIcon>
    </Tooltip>
  )
}
