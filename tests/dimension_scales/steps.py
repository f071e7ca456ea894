import h5py
import numpy as np

for version in ('earliest', 'v110', 'latest'):
    with h5py.File(f'theirs_{version}.h5', 'w', libver=(version, 'latest')) as file:
        grid = file.create_dataset('grid', (2, 3), 'f4')
        other = file.create_dataset('other', (3, 3), 'f4')
        lon = file.create_dataset('lon', data=[0.0, 1.0, 2.0])
        lat = file.create_dataset('lat', data=[0.0, 1.0])
        more = file.create_dataset('more', data=[5.0, 6.0, 7.0])
        gone = file.create_dataset('gone', data=[1.0, 2.0])
        lon.make_scale('longitude')
        more.make_scale()
        grid.dims[0].label = 'first'
        grid.dims[1].attach_scale(lon)
        grid.dims[1].attach_scale(more)
        grid.dims[0].attach_scale(lat)
        grid.dims[0].attach_scale(gone)
        other.dims[0].attach_scale(lon)
        other.dims[1].attach_scale(lon)
        other.dims[1].label = 'über'
        other.dims[0].label = ''
        grid.dims[0].label = 'y'
        grid.dims[0].detach_scale(gone)
        other.dims[0].detach_scale(lon)
        lon.make_scale('λ')
        unscaled = file.create_dataset('unscaled', data=[0.0, 1.0])
        unscaled.dims[0].attach_scale(gone)
        unscaled.dims[0].detach_scale(gone)
        lon.dims[0].label = 'own'

# What this library made: what h5py sees of it, and that it goes on with it.
for version in ('earliest', 'v110', 'latest'):
    with h5py.File(f'ours_{version}.h5', 'r') as file:
        grid, other = file['grid'], file['other']
        assert [dim.label for dim in grid.dims] == ['y', '']
        assert [dim.label for dim in other.dims] == ['', 'über']
        assert grid.dims[1].keys() == ['λ', ''], grid.dims[1].keys()
        assert grid.dims[1]['λ'] == file['lon'] and grid.dims[1][1] == file['more']
        assert [scale.name for scale in grid.dims[0].values()] == ['/lat']
        assert len(other.dims[0]) == 0 and other.dims[1][0] == file['lon']
        assert h5py.h5ds.is_attached(other.id, file['lon'].id, 1)
        assert not h5py.h5ds.is_attached(other.id, file['lon'].id, 0)
        assert file['gone'].is_scale and not grid.is_scale
